"""What the actions of the method do, grouped by their part of it; each opens one dialog."""
