"""Chat: a typed question and its answer.

turn      one question answered, whole or as a stream: the policy      history   what the model is told, within a budget
measures  how long it took, for /metrics and spans
gateway   the OpenAI-compatible server, translated; retries inside one time budget
"""
