"""The commands of `tamis`, one file each: its flags, and what it does with them."""
