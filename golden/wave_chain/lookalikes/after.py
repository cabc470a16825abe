"""Names like those of waves where nothing is handed on: nothing to chain."""

import asyncio


async def two_sources(fetch, primary, fallback):
    phase_1 = await fetch(primary)
    phase_2 = await fetch(fallback)
    return phase_1 or phase_2


async def backwards(fetch, url):
    wave2 = await fetch(url)
    wave1 = await fetch(wave2)
    return wave1


async def gap(fetch, url):
    round_1 = await fetch(url)
    round_3 = await fetch(round_1)
    return round_3


async def other_words(fetch, url):
    stage_1 = await fetch(url)
    phase_2 = await fetch(stage_1)
    return phase_2


def sync_waves(fetch, url):
    wave1 = fetch(url)
    wave2 = fetch(wave1)
    return wave2


async def passwords(fetch, user):
    password1 = await fetch(user)
    password2 = await fetch(password1)
    return password2


async def nested_only(fetch, url):
    wave1 = await fetch(url)

    async def later():
        wave2 = await fetch(wave1)
        return wave2

    return later
