"""What the doctor looks at, compared with the template."""

from support.template import TEMPLATE

from operate.doctor.logged import CALLERS
from operate.doctor.secrets import FILLED
from operate.secret import VALUES

REFUSED = "AddressesRefused"


def test_the_doctor_reads_the_log_of_each_function_whose_refused_addresses_ring_an_alarm() -> None:
    rings = {name.removesuffix(REFUSED) for name in TEMPLATE["Resources"] if name.endswith(REFUSED)}
    assert "Centre" in rings
    assert rings <= {*CALLERS}


def test_each_secret_that_has_to_be_filled_has_an_output() -> None:
    secrets = {one.output for one in FILLED} | {value.output for value in VALUES.values()}
    assert secrets <= TEMPLATE["Outputs"].keys()
