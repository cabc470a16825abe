import tenacity
import trio


@tenacity.retry(stop=tenacity.stop_after_attempt(3), wait=tenacity.wait_fixed(1), reraise=True)
async def connect(host):
    return await trio.open_tcp_stream(host, 80)


if __name__ == "__main__":
    trio.run(connect, "example.org")
