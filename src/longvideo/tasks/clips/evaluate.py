"""Scoring predictions of clips: accuracy or mAP of whole videos, by every test; and how long training took."""

from longvideo.data.recognition_csv import read_labels
from longvideo.files.metrics import Metric, measured
from longvideo.files.predictions import read_predictions
from longvideo.files.times import TrainingTimes, read_times
from longvideo.specs.clips import ClipsSpec
from longvideo.tasks.inputs import InputFiles
from longvideo.tasks.scores import Scores
from longvideo.tasks.video_metrics import accuracies, counted, mean_precisions, video_scores

TIMES = "training time: updates, without waiting for data, by the processor; on a GPU all, by the clock"


def evaluate(spec: ClipsSpec, files: InputFiles) -> Scores:
    """Compare the predictions with the labels, by every test of the experiment.

    Raises:
        UserError: A file is missing or wrong.
    """
    labels = read_labels(files["labels"], files["label_map"])
    predictions, times = read_predictions(files["predictions"]), read_times(files["times"])
    metrics: dict[str, Metric] = {}
    first = 0
    for name, test in spec.tests.items():
        views = range(first, first + test.clips * test.crops)
        scores = video_scores(predictions, labels, test.pooling, views)
        found = accuracies(scores, labels) if spec.labels == "one" else mean_precisions(scores, labels, "nonempty")
        metrics |= {f"{name}.{metric}" if name else metric: value for metric, value in found.items()}
        first = views.stop
    counts = counted(video_scores(predictions, labels))
    same = times.device.startswith(predictions.device)
    device = times.device if same else f"{times.device}; tested on {predictions.device}"
    return Scores({**metrics, **time_metrics(times)}, counts, protocol(spec), device)


def time_metrics(times: TrainingTimes) -> dict[str, Metric]:
    """Return what training took; `train_s` is what speedups are ratios of.

    The document's data loaders kept pace with its GPUs. A CPU reads data and computes in turn, and shares its time with
    whatever else runs: what counts there are the seconds of this process' processors that went into updates.
    """
    clock = times.data_wall_s + times.update_wall_s
    return {
        "train_s": measured(clock if times.gpu else times.update_cpu_s, "s"),
        "train_wall_s": measured(clock, "s"),
        "train_cpu_s": measured(times.data_cpu_s + times.update_cpu_s, "s"),
        "train_data_wall_s": measured(times.data_wall_s, "s"),
        "train_steps": measured(times.steps, ""),
    }


def protocol(spec: ClipsSpec) -> str:
    """Say in words how videos are scored, and what training time is."""
    test = spec.test
    pooled = {"mean": "mean of logits", "softmax": "mean of probabilities", "max": "maximum"}[test.pooling]
    metric = "accuracy" if spec.labels == "one" else "Charades mAP over videos with actions"
    return f"{metric}, {test.clips} x {test.crops} views (clips x crops) of {test.crop} pixels, {pooled}; {TIMES}"
