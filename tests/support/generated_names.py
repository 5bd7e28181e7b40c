"""How long the values are of resources that CloudFormation names by the stack, the logical id and 12 characters."""

from support.transformed import Stack

OF_CHINA = "cn-northwest-1:123456789012:"
"""The longest region, and an account."""
QUEUE = "https://sqs.cn-northwest-1.amazonaws.com.cn/123456789012/"


def generated(stack: Stack, value: str, resource: str, stack_name: int) -> int:
    """Of `<X>` or `<X.Arn>`: `stack_name` is the length of the stack's name."""
    name = stack_name + len(resource) + 14
    kind = stack.template["Resources"][resource]["Type"]
    if value.endswith(".QueueName>"):
        return min(name, 80)
    if value.endswith(".Arn>"):
        return _arns(name)[kind]
    lengths: dict[str, int] = {
        "AWS::SQS::Queue": len(QUEUE) + min(name, 80),
        "AWS::SecretsManager::Secret": len(f"arn:aws-cn:secretsmanager:{OF_CHINA}secret:")
        + len(resource)
        + 20,
        "AWS::DynamoDB::Table": name,
        "AWS::S3::Bucket": 63,
        "AWS::Scheduler::ScheduleGroup": min(name, 64),
        "AWS::AppConfig::HostedConfigurationVersion": 6,
        "AWS::ApiGatewayV2::Api": 10,
    }
    return lengths[kind]


def _arns(name: int) -> dict[str, int]:
    return {
        "AWS::SQS::Queue": len(f"arn:aws-cn:sqs:{OF_CHINA}") + min(name, 80),
        "AWS::DynamoDB::Table": len(f"arn:aws-cn:dynamodb:{OF_CHINA}table/") + name,
        "AWS::S3::Bucket": len("arn:aws-cn:s3:::") + 63,
        "AWS::IAM::Role": len("arn:aws-cn:iam::123456789012:role/") + min(name, 64),
        "AWS::Lambda::Function": len(f"arn:aws-cn:lambda:{OF_CHINA}function:") + min(name, 64),
    }
