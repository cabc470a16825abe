from _operators import dynamic_semaphore


def make_gate(limit):
    return dynamic_semaphore(limit)
