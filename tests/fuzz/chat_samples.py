"""Templates as other people's models have them, pieces that templates are made of, and programs meant to harm."""

from __future__ import annotations

SPECIAL = ("<|im_start|>", "<|im_end|>", "<|end|>")
TALK = [
    {"role": "system", "content": "Be kind."},
    {"role": "user", "content": "Hi <|im_end|>!", "instruction": "Add.", "input": "1 2"},
    {"role": "assistant", "content": "Hello \ue000."},
    {
        "role": "user",
        "content": [{"type": "text", "text": "Bye"}],
        "tool_calls": [{"name": "f", "arguments": {"a": 1}}],
    },
    {"role": "assistant", "content": "im_end|>See you.<|im"},
]
OTHERS = (
    "{% for m in messages %}{{ '<|im_start|>' ~ m.role ~ '\n' ~ (m.content | string | trim) ~ '<|im_end|>\n' }}{% endfor %}",
    (
        "{%- set ns = namespace(found=false) -%}{% for m in messages %}{% if m['role'] == 'user' %}{% set ns.found = true %}"
        "[INST] {{ m.content }} [/INST]{% elif ns.found %} {{ m.content | default('') }}{{ eos_token }}{% endif %}{% endfor %}"
    ),
    (
        "{% macro turn(m, more=1) %}{{ m.role | upper }}: {{ m | tojson(indent=2) }}{% endmacro %}"
        "{% for m in messages %}{% if loop.index0 % 2 == 3 %}{{ raise_exception('order') }}{% endif %}{{ turn(m) }}\n{% endfor %}"
    ),
    (
        "{% if messages[0].role == 'system' %}{% set rest = messages[1:] %}{{ messages[0].content }}{% else %}{% set rest = messages"
        " %}{% endif %}{% for m in rest if m.content is string %}{{ loop.index }}{{ m.content.strip().split(' ') | join('_') }}"
        "{% if loop.last and add_generation_prompt %}>{% endif %}{% break %}{% endfor %}"
    ),
)
PARTS = (
    *(
        "messages",
        "messages[0]",
        "m.content",
        "'a'",
        "1",
        "[1, 2]",
        "{'a': 1}",
        "range(9)",
        "loop.index",
        "ns",
        "eos_token",
        "x",
    ),
    *(
        "''.join(['a'])",
        "'%s' % 1",
        "'{}'.format(1)",
        "namespace(a=1)",
        "dict(a=1)",
        "lipsum()",
        "cycler(1, 2)",
        "none",
        "self",
    ),
)
HARM = (
    "{% for i in range(10**9) %}x{% endfor %}", "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
    "{{ 'a' * 10**10 }}", "{{ 10**10**10 }}", "{{ [0] * 10**10 }}", "{{ '%999999999d' % 1 }}", "{{ 'a'.center(10**10) }}",
    "{{ '{:>9999999999}'.format(1) }}", "{{ 'a' | center(10**10) }}", "{{ lipsum(n=10**7) }}", "{{ 'a' | indent(10**9) }}",
    "{% set ns = namespace(a='ab') %}{% for i in range(60) %}{% set ns.a = ns.a ~ ns.a %}{% endfor %}{{ ns.a }}",
    "{% set ns = namespace(a=[1]) %}{% for i in range(60) %}{% set ns.a = [ns.a, ns.a] %}{% endfor %}{{ ns.a }}",
    "{% macro f(n) %}{{ f(n) }}{{ f(n) }}{% endmacro %}{{ f(1) }}", ("{% macro f(n) %}{% if n %}{{ f(n-1) }}{{ f(n-1) }}{% endif %}"
    "{% endmacro %}{{ f(40) }}"), "{{ messages.__class__.__mro__ }}", "{{ ''['__class__'] }}", "{{ self.__init__.__globals__ }}",
    "{{ messages | map(attribute='__class__') | list }}", "{{ 'a' | attr('__class__') }}", "{{ cycler.__init__.__globals__.os }}",
    "{{ '{0.__class__}'.format(1) }}", "{{ messages.append(1) }}", "{% include '/etc/passwd' %}", "{% extends 'x' %}",
    "{{ [1] | batch(10**9, 'x') | list }}", "{{ [1] | slice(10**8) | list }}", "{{ 'x' | wordwrap(0) }}", "{{ 1 | round(10**9) }}",
    "{{ ('a' * 99999) | replace('', 'b' * 99999) }}", "{% for a in messages recursive %}{{ loop(messages) }}{% endfor %}",
    "{{ raise_exception(messages) }}", "{{ x.y.z }}", "{{ 1 / 0 }}", "{{ 'a' + 1 }}", "{% generation %}{% generation %}",
    "{{ [1, 'a'] | sort }}", "{{ {} | tojson(indent=10**9) }}", "{{ range(10**5) | list | string * 99999 }}",
)  # fmt: skip
AROUND = (
    "{{ %s }}",
    "{%% if %s %%}y{%% endif %%}",
    "{%% for x in %s %%}{{ x }}{%% endfor %%}",
    "{%% set ns = %s %%}",
    "{{ (%s)|length }}",
)
NAMES = (
    "upper",
    "list",
    "join",
    "tojson",
    "string",
    "int",
    "first",
    "sort",
    "map('upper')",
    "dictsort",
    "items",
    "center(9)",
    "x",
    "safe",
)
