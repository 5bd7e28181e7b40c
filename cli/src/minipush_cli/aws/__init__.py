"""What needs AWS credentials: the secret with the operator keys. It needs boto3 (the extra `aws`)."""
