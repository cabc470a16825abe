from _operators import last_value_from, upload_with_retry


class ThrottledError(Exception):
    pass


async def send(record, upload, attempts, base, cap):
    return await last_value_from(
        upload_with_retry(
            record, upload, attempts, base_delay=base, cap=cap, retry_on=ThrottledError
        )
    )


async def send_within(record, upload, budget, base, cap):
    return await last_value_from(
        upload_with_retry(
            record, upload, None, base_delay=base, cap=cap, budget=budget, retry_on=ThrottledError
        )
    )


async def send_as_told(record, upload, attempts):
    def backoff(n, error):
        return max(0.1 * 2**n, len(str(error)) / 10)

    return await last_value_from(
        upload_with_retry(record, upload, attempts, retry_on=ThrottledError, backoff=backoff)
    )
