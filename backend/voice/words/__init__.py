"""What was said in a call.

`transcript` gives captions, `turns` keeps the order, each turn once, `keeper` stores them beside the sound, `unworded`
keeps sound that has no words yet.
"""
