"""What AWS's refusals mean to an operator, and what to do: its tools' own words are for those who know them.

https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot_general.html,
https://docs.aws.amazon.com/STS/latest/APIReference/CommonErrors.html; names that end in Error are botocore's own.
"""

from botocore.exceptions import BotoCoreError, ClientError

LOG_IN = "aws configure, or aws sso login (AWS_PROFILE names one of several)"
MEANINGS = {
    "NoCredentialsError": ("AWS does not know who you are", LOG_IN),
    "PartialCredentialsError": ("Your AWS credentials are not whole", LOG_IN),
    "InvalidClientTokenId": ("AWS does not know these credentials", LOG_IN),
    "UnrecognizedClientException": ("AWS does not know these credentials", LOG_IN),
    "ExpiredToken": ("Your AWS credentials have ended", LOG_IN),
    "ExpiredTokenException": ("Your AWS credentials have ended", LOG_IN),
    "UnauthorizedSSOTokenError": ("Your AWS login has ended", "aws sso login"),
    "SSOTokenLoadError": ("You are not logged in to AWS", "aws sso login"),
    "TokenRetrievalError": ("You are not logged in to AWS", "aws sso login"),
    "ProfileNotFound": ("AWS_PROFILE names a profile that is not configured", "aws configure list-profiles"),
    "NoRegionError": ("AWS's region is not configured", "say REGION=…, as in REGION=eu-north-1"),
    "EndpointConnectionError": ("AWS cannot be reached from here", "look at the network, and at the region's name"),
    "ConnectTimeoutError": ("AWS cannot be reached from here", "look at the network, and at the region's name"),
    "SignatureDoesNotMatch": ("AWS refuses the signature", "is the secret key whole, and this machine's clock right?"),
    "RequestExpired": ("AWS finds the request too old", "set this machine's clock"),
    "RequestTimeTooSkewed": ("AWS finds the request's time wrong", "set this machine's clock"),
}
DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthorizationError"}


def meaning(error: BotoCoreError | ClientError) -> tuple[str, str]:
    """Return what is wrong, and what to do."""
    code = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    operation = f" {error.operation_name}" if isinstance(error, ClientError) else ""
    if code in DENIED:
        return f"Your AWS user may not do{operation}", "ask whoever manages the account for that permission"
    return MEANINGS.get(code, (f"AWS refuses{operation} ({code})", str(error)))


def explanation(error: BotoCoreError | ClientError) -> str:
    """Return both in one sentence."""
    return ": ".join(meaning(error))
