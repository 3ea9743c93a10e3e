"""The intake: registering a person during a conversation. The window opens `page.IntakePage`."""
