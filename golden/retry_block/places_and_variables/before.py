from contextlib import suppress

from tenacity import RetryError, Retrying, stop_after_attempt

for attempt in Retrying(stop=stop_after_attempt(3)):
    with attempt:
        print("module")


class Base:
    def load(self):
        return 1


class Child(Base):
    def load(self):
        for attempt in Retrying(stop=stop_after_attempt(3)):
            with attempt:
                return super().load()


def left_half_done(read):
    with suppress(RetryError):
        for attempt in Retrying(stop=stop_after_attempt(3)):
            with attempt:
                head = read()
                body = read()
    return head, body


def half_bound(read, flag):
    for attempt in Retrying(stop=stop_after_attempt(3)):
        with attempt:
            if flag:
                text = read()
    return text


def maybe_unbound(read, flag):
    if flag:
        prefix = "x"
    for attempt in Retrying(stop=stop_after_attempt(3)):
        with attempt:
            return prefix + read()


def iterates(numbers):
    for attempt in Retrying(stop=stop_after_attempt(3)):
        with attempt:
            return next(numbers)


def shows(read):
    for attempt in Retrying(stop=stop_after_attempt(3)):
        with attempt:
            text = read()
            return "{text}".format(**locals())
