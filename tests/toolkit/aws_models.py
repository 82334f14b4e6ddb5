"""AWS's own descriptions of its services, read from disk once for all sessions of a process.

Every session of botocore has a loader of its own, and every fresh container of a test a session of its own: reading and
parsing the same JSON again was a third of what such a test cost. A loader changes nothing that it has read.
"""

from functools import cache

import botocore.session

PATCHED = "create_loader"


def share() -> None:
    """Give the loader that exists to every further session."""
    setattr(botocore.session, PATCHED, cache(getattr(botocore.session, PATCHED)))
