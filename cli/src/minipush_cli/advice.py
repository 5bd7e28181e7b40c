"""What to do about each status, reason and errcode. docs/api.md and docs/wechat-errors.md say more."""

from typing import Any

STATUSES = {
    "sent": "WeChat accepted the message. Nothing to do.",
    "waiting": "The campaign has not come to this user yet. Look again later.",
    "not_reached": "The campaign was cancelled or failed before it came to this user.",
    "unknown": "WeChat's answer was lost. Do not send again, unless a duplicate is better than no message.",
}
REASONS = {
    "no_permit": "The user holds no permit for this message. Ask them again when they want it.",
    "not_following": "The user does not follow the official account. Nothing to do.",
    "not_mapped": "It is not known who the user is in the official account. They may never have followed it.",
    "duplicate": "WeChat took it for a repeat of another message and sent nothing.",
    "refused": "The user withdrew or used up all accepts. They must accept the template again.",
    "opted_out": "The user wants no messages. Respect it.",
    "quiet_hours": "It was in the user's quiet hours. Send at another time.",
    "frequency_cap": "The user had the most messages that the campaign's cap allows. Nothing to do.",
    "invalid_openid": "WeChat does not know this openid. Correct the list; many of them belong to another AppID.",
    "invalid_template": "The template is wrong for every message. Compare it with: minipush templates sync",
    "invalid_page": "The page is not one of the released mini-program. Correct it.",
    "invalid_data": "A field breaks the template's rules. errmsg names it; correct it and send again.",
    "quota": "The limit of the day or the minute is reached. A campaign goes on by itself; send direct messages later.",
    "wechat_unavailable": "WeChat was busy or not reachable, or refuses the account. Look up the errcode; run: minipush doctor",
    "content_blocked": "WeChat objects to the text. Change it.",
    "overdue": "The campaign was found more than an hour after its time. Run: minipush campaigns resume, or cancel.",
    "sending_off": "Sending is switched off. When it is safe, run: minipush go",
    "unbound": "The user has ended the binding to the app. Nothing to do.",
    "rate_limited": "The app has pushed to the user as often as it may. Nothing to do.",
    "app_banned": "The app is banned, so its broadcast has ended.",
    "error_rate": "Too many messages failed. Look at: minipush campaigns report ID --status failed",
}
# What a refusal without an errcode means beside subscription messages.
REFUSED = {
    "app": "The user wants nothing from the app (level none). Respect it.",
    "official": "The user blocks messages of the official account, or WeChat limits them. Nothing to do.",
}
NOT_IN_AUDIENCE = {
    "no_permit": "The user held no permit for the message. Ask them again when they want it.",
    "not_following": "The user does not follow the official account.",
    "not_mapped": "It is not known who the user is in the official account.",
    "not_tagged": "The user does not bear the campaign's tag. Run: minipush users tag OPENID --add TAG",
    "not_expiring": "The user's last permit does not expire within the campaign's hours.",
    "joined_later": "The user got the permit or the tag after the campaign had read its part of the users.",
    "not_named": "The campaign's list of openids does not contain the user.",
}
ERRCODES = {
    40001: "The access_token was replaced by somebody else: another server fetches tokens for this AppID.",
    40013: "The AppID is wrong. Compare the parameter WeChatAppId with WeChat's console.",
    40125: "The AppSecret is wrong. Run: make secret NAME=app_secret",
    41004: "The AppSecret is empty. Run: make secret NAME=app_secret",
    40164: "The address is not in the IP allow-list. Add it in WeChat's console.",
    40243: "The AppSecret is frozen. Unfreeze it in WeChat's console.",
    43101: "The user withdrew or used up all accepts of the template. They must accept it again.",
    46101: "WeChat switched off messages by formId and prepay_id. Send a subscription message.",
    47003: "A field breaks the template's rules. errmsg names it; correct it and send again.",
}


def advice(entry: dict[str, Any], refused_by: str | None = None) -> str:
    """For a result, a recipient or a campaign: `status`, `reason` and `errcode`. `refused_by`: app or official."""
    status, reason = entry.get("status"), entry.get("reason")
    if refused_by in REFUSED:
        return REFUSED[refused_by]
    if status == "not_in_audience":
        return NOT_IN_AUDIENCE.get(str(reason), "The user is not in the campaign's audience.")
    if status in STATUSES:
        return STATUSES[status]
    return ERRCODES.get(entry.get("errcode") or 0) or REASONS.get(str(reason), "")
