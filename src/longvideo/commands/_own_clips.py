"""What a video of the user's own shows, by a trained classifier of clips.

The model is built as its checkpoint's own header says, so that a changed configuration cannot misread it. The table
keeps the logits of the experiment's own test, not of its further ones; what is shown is pooled from them as there.
"""

from dataclasses import replace

import numpy as np
import torch
from scipy.special import softmax

from longvideo.commands._own_video import Asked, Found
from longvideo.commands._trained import read_trained
from longvideo.commands._whole_picture import one_action, over_time
from longvideo.files.manifest import Video
from longvideo.metrics.view_scores import pool_views
from longvideo.models.restore import restore_clip_classifier
from longvideo.specs.clips import ClipsSpec
from longvideo.tasks.clips.predict import score_clips
from longvideo.training.device import prepare


def find(asked: Asked, video: Video) -> Found:
    """Score clips from all over the decoded video.

    Raises:
        UserError: The checkpoint is damaged or of another kind.
    """
    (path,) = asked.checkpoints
    spec, trained = read_trained(path, "clips", ClipsSpec)
    device = prepare(torch.get_num_threads())
    model = restore_clip_classifier(path, spec.architecture, trained.classes, spec.dropout).to(device)
    test_alone = spec.model_copy(update={"also": {}})
    scores = score_clips(model, test_alone, [video], trained.classes, device)
    scores = replace(scores, names=trained.names)
    logits = scores.scores.astype(np.float64)
    pooled = pool_views(logits, np.zeros(len(logits), np.int64), 1, spec.test.pooling)[0]
    if spec.labels == "several":
        return over_time(scores, logits, pooled, asked.min_score, asked.top)
    chances = pooled if spec.test.pooling == "softmax" else softmax(pooled)
    return one_action(scores, chances, asked.min_score, asked.top)
