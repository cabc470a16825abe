from tenacity import Retrying, retry, stop_after_attempt, wait_fixed


def policy(tries):
    """Other modules build on this."""
    return {"stop": stop_after_attempt(tries), "wait": wait_fixed(1)}


@retry(stop=stop_after_attempt(3), reraise=True)
def read(path):
    return open(path).read()


@retry(wait=wait_fixed(2))  # codemods: skip
def write(path, text):
    return open(path, "w").write(text)
