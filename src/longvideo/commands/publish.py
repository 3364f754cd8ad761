"""Record the results of the stages in dvc.yaml in dvc.lock, and push them to a DVC remote."""

import argparse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments."""
    parser.add_argument("-r", "--remote", metavar="NAME", help="a remote of .dvc/config, if not the default one")


def run(args: argparse.Namespace) -> None:
    """Publish if everything is up to date, and say what to commit."""
    from longvideo.ledger.publish import own_remote, prune, publish, size_mb

    publish(args.remote)
    store = own_remote(args.remote)
    if store is not None:
        gone = prune(store)
        print(f"{store.root}: {size_mb(store):.1f} MB{f', {gone} objects that nothing names removed' if gone else ''}")
    print(f"Published. To share it: git add dvc.lock {store.root if store else ''}".rstrip() + " && git commit")
