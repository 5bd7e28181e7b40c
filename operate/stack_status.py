"""Statuses in which CloudFormation refuses to update a stack, and what helps.

https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html
"""

REVIEWED = "REVIEW_IN_PROGRESS"
"""A change set waits for the creation of the stack. It has no resource, and the next deployment creates it."""
ONLY_DELETED = {"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"}
ROLLBACK_STOPPED = "UPDATE_ROLLBACK_FAILED"


def obstacle(status: str, stack: str, options: str) -> str:
    """What has to be done before the stack can be updated; empty if it can be. `options`: of the AWS CLI."""
    named = f"--stack-name {stack}{options}"
    if status.endswith("_IN_PROGRESS") and status != REVIEWED:
        return f"wait until AWS has ended that: aws cloudformation describe-stacks {named}"
    if status in ONLY_DELETED:
        return (
            f"aws cloudformation delete-stack {named} "
            "(tables, the bucket and CentreSecret stay: docs/deployment.md, A first deployment that failed)"
        )
    if status == ROLLBACK_STOPPED:
        return f"aws cloudformation continue-update-rollback {named}"
    return ""
