"""What is learned: each kind of experiment says how it is trained, predicted with and scored."""
