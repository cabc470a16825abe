from _operators import EventSubject


def make_event():
    return EventSubject()
