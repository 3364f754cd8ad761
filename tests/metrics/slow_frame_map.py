"""AVA's frame mAP one box at a time, as the rules read: what the vectorised one must equal."""

import heapq
from collections import defaultdict

CAP = 50


def slow_average_precisions(truth, found, actions, excluded, empty_frames, protocol):
    """Score rows (video, second, (x1, y1, x2, y2), action, person or score); return the precision of each action."""
    sorts, caps = protocol != "lfb", protocol in ("2019", "2020")
    left_out = excluded if protocol != "2020" else set()
    listed = {row[:2] for row in truth} | set(empty_frames)
    truth_of, frames = defaultdict(list), defaultdict(list)
    for video, second, box, action, person in truth:
        if action in actions and (video, second) not in left_out:
            truth_of[video, second, action].append((person if caps else 0, box))
    for boxes in truth_of.values():
        if caps:
            boxes.sort(key=lambda item: (-item[0], item[1][1], item[1][0], item[1][3], item[1][2]))
    for row in found:
        usable = row[3] in actions and row[:2] not in left_out and (protocol != "2018" or row[4] > -10)
        if usable and (protocol != "2020" or row[:2] in listed):
            frames[row[:2]].append(row)
    outcomes = defaultdict(list)
    for (video, second), rows in frames.items():
        rows = capped(rows) if caps else rows
        taken = set()
        for _, _, box, action, score in sorted(rows, key=lambda row: -row[4]) if sorts else rows:
            if box[0] >= box[2] or box[1] >= box[3]:
                continue
            overlaps = [overlap(box, other) for _, other in truth_of[video, second, action]]
            best = overlaps.index(max(overlaps)) if overlaps else None
            hit = best is not None and overlaps[best] >= 0.5 and (action, best) not in taken
            if hit:
                taken.add((action, best))
            outcomes[action].append((score, hit))
    positives = {action: sum(len(boxes) for key, boxes in truth_of.items() if key[2] == action) for action in actions}
    return {a: area(outcomes[a], positives[a]) if positives[a] else None for a in actions}


def capped(rows):
    """Keep the best rows in a bounded heap; only a higher score drives out the smallest entry."""
    heap = []
    for *_, (x1, y1, x2, y2), action, score in rows:
        entry = (score, action, y1, x1, y2, x2)
        if len(heap) < CAP:
            heapq.heappush(heap, entry)
        elif score > heap[0][0]:
            heapq.heapreplace(heap, entry)
    video, second = rows[0][:2]
    return [(video, second, (x1, y1, x2, y2), action, score) for score, action, y1, x1, y2, x2 in heap]


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    areas = [(box[3] - box[1]) * (box[2] - box[0]) for box in (a, b)]
    return height * width / (areas[0] + areas[1] - height * width)


def area(outcomes, positives):
    """Sum, over the recall that each threshold adds, the best precision at it or at a lower one."""
    points = []
    for threshold in sorted({score for score, _ in outcomes}, reverse=True):
        hits = [hit for score, hit in outcomes if score >= threshold]
        points.append((sum(hits) / positives, sum(hits) / len(hits)))
    total, before = 0.0, 0.0
    for index, (recall, _) in enumerate(points):
        total += (recall - before) * max(precision for _, precision in points[index:])
        before = recall
    return total
