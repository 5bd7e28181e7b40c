from minipush.domain.tag_counts import MAX_SIZE, TagCounts, TagMeasure


def counted(*users: tuple[str, ...]) -> TagCounts:
    counts = TagCounts()
    for tags in users:
        counts.count(tags)
    return counts


def test_each_tag_has_the_number_of_its_users() -> None:
    counts = counted(("vip", "trial"), ("vip",), ())
    assert (counts.users, counts.is_complete) == ({"vip": 2, "trial": 1}, True)


def test_the_tag_with_the_most_users_comes_first_and_ties_go_by_name() -> None:
    measure = TagMeasure(7, counted(("b", "c"), ("a", "c")))
    assert measure.largest_first() == [("c", 2), ("a", 1), ("b", 1)]


def test_ten_thousand_tags_leave_the_largest_and_take_bounded_room() -> None:
    counts = TagCounts()
    for n in range(10_000):
        counts.count(("vip", f"order-{n:06}"))
    assert counts.users["vip"] == 10_000
    assert counts.size <= MAX_SIZE
    assert not counts.is_complete


def test_a_thousand_tags_of_twenty_letters_are_all_kept() -> None:
    counts = counted(tuple(f"{n:020}" for n in range(1000)))
    assert (len(counts.users), counts.is_complete) == (1000, True)


def test_a_missing_tag_has_no_users_where_all_were_counted() -> None:
    assert TagMeasure(7, counted(("vip",))).users_with("vpi") == 0


def test_the_users_of_a_missing_tag_are_unknown_where_tags_were_dropped() -> None:
    assert TagMeasure(7, TagCounts({"vip": 3}, is_complete=False)).users_with("vpi") is None
