"""The workflows run nobody else's code but by commit, and may do no more than they have to."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.processes import ROOT
from local.release_notes import ReleaseError, check, notes, versions

FOLDER = ROOT / ".github" / "workflows"
NAMES = {"audit.yml", "check.yml", "codeql.yml", "deploy.yml", "release.yml", "update.yml"}
WORKFLOWS = {path.name: yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(FOLDER.iterdir())}
# What a job may do beyond reading the repository's content.
PERMISSIONS = {
    ("codeql.yml", "analyze"): {"security-events"},
    ("deploy.yml", "staging"): {"id-token"},
    ("deploy.yml", "prod"): {"id-token"},
    ("release.yml", "release"): {"contents", "id-token", "attestations"},
    ("update.yml", "python"): {"contents", "pull-requests"},
}
NEEDS_GIT_CREDENTIALS = {("update.yml", "python")}
PINNED = re.compile(r"^[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def jobs() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for workflow, content in WORKFLOWS.items():
        for name, job in content["jobs"].items():
            yield workflow, name, job


def steps() -> Iterator[tuple[str, str, dict[str, Any]]]:
    for workflow, name, job in jobs():
        for step in job.get("steps", []):
            yield workflow, name, step


def test_there_is_a_workflow_for_each_task() -> None:
    assert set(WORKFLOWS) == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_everything_of_others_is_pinned_by_commit_and_says_its_version(name: str) -> None:
    used = re.findall(r"uses: (.+)$", (FOLDER / name).read_text(encoding="utf-8"), re.MULTILINE)
    assert used
    assert [one for one in used if not one.startswith("./.github/") and not PINNED.fullmatch(one)] == []


def test_an_action_that_runs_an_image_names_the_version_that_it_is_pinned_to() -> None:
    text = (FOLDER / "audit.yml").read_text(encoding="utf-8")
    [(pinned, image)] = re.findall(
        r"trufflehog@[0-9a-f]{40} # v([\d.]+)\n +with:\n +version: ([\d.]+) #", text
    )
    assert pinned == image


def test_a_deployment_has_time_for_the_longest_canary() -> None:
    modes = yaml.safe_load((ROOT / "template.yaml").read_text(encoding="utf-8").split("TrafficShifting:")[1].split("AllowedValues:")[1].splitlines()[0])  # fmt: skip
    minutes = max(int(found[1]) for mode in modes if (found := re.search(r"Percent(\d+)Minutes", mode)))
    jobs_of_deploy = WORKFLOWS["deploy.yml"]["jobs"]
    assert all(jobs_of_deploy[name]["timeout-minutes"] >= 2 * minutes for name in ("staging", "prod"))


def test_a_deployment_to_china_asks_for_a_token_with_chinas_audience() -> None:
    uses = [step["with"] for _, _, step in steps() if "configure-aws-credentials" in step.get("uses", "")]
    assert {each["audience"] for each in uses} == {"${{ vars.AWS_AUDIENCE || 'sts.amazonaws.com' }}"}


def test_one_action_has_one_version() -> None:
    text = "".join(path.read_text(encoding="utf-8") for path in FOLDER.iterdir())
    pins = set(re.findall(r"uses: ([\w.-]+/[\w.-]+)[\w/.-]*@([0-9a-f]{40})", text))
    assert len(pins) == len({action for action, _ in pins})


def test_a_workflow_reads_the_content_and_a_job_gets_what_it_needs() -> None:
    assert {name: content["permissions"] for name, content in WORKFLOWS.items()} == {
        key: {"contents": "read"} for key in NAMES
    }
    granted = {
        (workflow, name): {what for what, how in job.get("permissions", {}).items() if how != "read"}
        for workflow, name, job in jobs()
    }
    assert {job: what for job, what in granted.items() if what} == PERMISSIONS


def test_a_checkout_leaves_no_credentials_behind() -> None:
    left = {
        (workflow, name)
        for workflow, name, step in steps()
        if step.get("uses", "").startswith("actions/checkout@")
        and step.get("with", {}).get("persist-credentials") is not False
    }
    assert left == NEEDS_GIT_CREDENTIALS


def test_no_text_of_others_gets_into_a_shell() -> None:
    """An expression in a script is replaced before the shell reads it."""
    assert [step["run"] for _, _, step in steps() if "${{" in step.get("run", "")] == []
    triggers = {name for content in WORKFLOWS.values() for name in content[True]}  # YAML reads `on` as true
    assert triggers <= {"push", "pull_request", "schedule", "workflow_call", "workflow_dispatch"}


def test_every_job_ends() -> None:
    assert [name for _, name, job in jobs() if "uses" not in job and "timeout-minutes" not in job] == []


def test_production_comes_after_staging_was_deployed_and_asked() -> None:
    deploy = WORKFLOWS["deploy.yml"]["jobs"]
    assert (deploy["staging"]["needs"], deploy["prod"]["needs"]) == ("check", "staging")
    for name in ("staging", "prod"):
        assert deploy[name]["environment"] == name
        assert [step["run"].split()[:2] for step in deploy[name]["steps"] if "run" in step] == [
            ["make", "deploy"],
            ["make", "smoke"],
        ]
    assert "secrets." not in (FOLDER / "deploy.yml").read_text(encoding="utf-8")


def test_a_release_is_checked_and_its_files_are_attested_before_they_are_published() -> None:
    release = WORKFLOWS["release.yml"]["jobs"]["release"]
    assert release["needs"] == "check"
    order = [(step.get("uses") or step["run"]).split("@")[0].split()[0] for step in release["steps"]]
    assert order == ["actions/checkout", ".ci/release", "actions/attest-build-provenance", "gh"]


def test_linux_and_a_mac_are_checked() -> None:
    runners = {job["runs-on"].partition("-")[0] for job in WORKFLOWS["check.yml"]["jobs"].values()}
    assert runners == {"ubuntu", "macos"}


def test_every_lock_is_audited_and_updated() -> None:
    audit = WORKFLOWS["audit.yml"]["jobs"]
    locks = {path.stem for path in (ROOT / "requirements").glob("*.txt")}
    assert set(audit["python"]["strategy"]["matrix"]["lock"]) == locks
    folders = {str(path.parent.relative_to(ROOT)) for path in _package_locks()}
    assert set(audit["npm"]["strategy"]["matrix"]["folder"]) == folders
    dependabot = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text(encoding="utf-8"))
    updated = {one["package-ecosystem"]: one for one in dependabot["updates"]}
    assert set(updated) == {"github-actions", "npm"}
    assert {folder.strip("/") for folder in updated["npm"]["directories"]} == folders


def test_the_locks_are_audited_in_the_python_that_they_are_for() -> None:
    order = [step.get("uses", "").split("@")[0] for step in WORKFLOWS["audit.yml"]["jobs"]["python"]["steps"]]
    assert order.index("actions/setup-python") < order.index("pypa/gh-action-pip-audit")
    [used] = [
        step["with"]["python-version"] for _, _, step in steps() if "setup-python" in step.get("uses", "")
    ]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["requires-python"].startswith(f">={used},")


def _package_locks() -> Iterator[Path]:
    tracked = subprocess.check_output(["git", "ls-files", "*package-lock.json"], cwd=ROOT, text=True)
    return (ROOT / line for line in tracked.split())


@pytest.mark.parametrize("script", ["run", "release", "propose-update"])
def test_the_scripts_of_the_workflows_parse(script: str) -> None:
    path = ROOT / ".ci" / script
    assert path.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", path], check=False).returncode == 0


# ---- releases


def test_server_command_line_and_kit_have_one_version() -> None:
    assert len(set(versions().values())) == 1
    check(versions()["the server"])
    with pytest.raises(ReleaseError, match=r"the tag 9\.9\.9"):
        check("9.9.9")


def test_the_notes_of_a_release_are_its_section_of_the_changelog() -> None:
    changelog = "# Changelog\n\n## [1.1.0] - 2027\n\n- new\n\n## [1.0.0] - 2026\n\n- old\n"
    assert notes("1.1.0", changelog) == "- new\n"
    assert notes("1.0.0", changelog) == "- old\n"
    for version in ("1.2.0", "1.0"):
        with pytest.raises(ReleaseError, match="says nothing"):
            notes(version, changelog)
