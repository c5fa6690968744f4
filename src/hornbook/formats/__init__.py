"""Other people's files in and out: Hugging Face folders, llama2.c models, GGUF.

In come folders and files that others wrote, or the name of a model on a hub; out go our ``ModelConfig`` and state dict,
and files that others can run. Nothing that comes in is ever executed. Start reading at huggingface.py, then family.py
and families/gpt2.py; the files themselves are in safetensors_files.py, gguf_file.py (with quantise.py) and llama2c.py,
and hub.py fetches.
"""
