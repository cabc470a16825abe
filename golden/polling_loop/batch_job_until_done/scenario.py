from codemods.verify.world import World


async def scenario(subject, world: World) -> object:
    states = ["queued", "running", "running", "succeeded"]
    ends = world.choose("ends", 0, 3)
    world.answers("status", lambda call: subject.Job("job-1", states[min(call.n, ends)], "text"))
    world.returns("indexed", lambda n, rng: n >= ends)
    world.fails("status", 0.1)

    class Client:
        async def status(self, job_id: str, *, verbose: bool = False) -> object:
            job = await world.call("status", job_id, verbose=verbose)
            if call_ended(job):
                return subject.Job(job.id, "failed")
            return job

        async def indexed(self, job_id: str) -> bool:
            return await world.call("indexed", job_id)

    def call_ended(job) -> bool:
        return ends < 3 and job.state == states[ends]

    wait = world.pick("wait", [subject.wait_for_job, subject.wait_until_indexed, subject.output_of])
    return await wait(Client(), "job-1")
