"""Playing a drill: the room is told what people say, and what the players did is scored."""
