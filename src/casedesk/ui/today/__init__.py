"""Today: what to do now, what waits on others, what was begun. The window opens `page.TodayPage`."""
