"""What people look at: the published file comes in, pages go out."""
