"""CPU time of another process: its clock in the kernel, read from outside, with all its threads in it.

https://man7.org/linux/man-pages/man3/clock_getcpuclockid.3.html
"""

import time

POLL_SECONDS = 0.002
CPUCLOCK_SCHED = 2
"""The kernel's finest clock of a process; the C library makes the clock's number in just this way."""


def spent_ms(process_id: int) -> float:
    """Return the CPU time of a process so far."""
    return time.clock_gettime_ns(~process_id << 3 | CPUCLOCK_SCHED) / 1e6


def spent_until_rest_ms(process_id: int) -> float:
    """Wait until a process only waits, and give its CPU time so far."""
    before, now = -1.0, spent_ms(process_id)
    while now != before:
        time.sleep(POLL_SECONDS)
        before, now = now, spent_ms(process_id)
    return now
