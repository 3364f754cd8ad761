"""Multigrid training (thesis chapter 6): small clips in large batches first, large clips in small batches last.

In a loop of your own, with a model whose norms are `SubBatchNorm3d` and which takes clips of any shape (`replace_norms`
changes those of a model that has others), on the CPU, one GPU, or as one of `world` processes:

    schedule = multigrid_schedule(Baseline(239, 0.1, Grid(64, 32, 224), (94, 154, 196)))
    plan = GridPlan(schedule, len(videos), seed, rank, world)
    splits = [norm_split(stage.base.batch, world) for stage in schedule.stages]
    groups = norm_groups({split.devices for split in splits}, world)
    steps = range(done, len(plan))  # from any update on
    for step, (clips, labels) in zip(steps, DataLoader(videos, batch_sampler=GridSampler(plan, steps))):
        split = splits[plan[step].stage]
        set_norm_splits(model, split.splits, groups[split.devices])
        for group in optimizer.param_groups:
            group["lr"] = plan.rate(step)
        ...  # forward, backward and optimizer.step(), as ever
    join_statistics(model, world)  # before testing

`videos[sample]` gets a `Sample` and returns that video as a clip of `sample.frames` and `sample.size`; `views` has the
ranges of its stride and scale. `longvideo multigrid` shows a schedule before it is trained.
"""
