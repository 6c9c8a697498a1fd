# Says what is wrong with the syntax of a handler's module and of the modules beside it that it imports. None of them is run.
import ast
import os
import sys
import traceback
import warnings

MOST = 64  # files
LARGEST = 1 << 20  # bytes of a file

root, name, elsewhere = sys.argv[1:4]
warnings.simplefilter('ignore')


def find(folder, parts):
    base = os.path.join(folder, *parts)
    for path in (base + '.py', os.path.join(base, '__init__.py')):
        if os.path.isfile(path):
            return path
    return None


def imported(tree, file):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield root, alias.name.split('.')
        elif isinstance(node, ast.ImportFrom):
            folder = root
            if node.level:
                folder = os.path.dirname(file)
                for _ in range(node.level - 1):
                    folder = os.path.dirname(folder)
            parts = node.module.split('.') if node.module else []
            yield folder, parts
            for alias in node.names:
                yield folder, parts + [alias.name]


parts = name.replace('/', '.').split('.')
first = find(root, parts)
reached = [first] if first else []
wrong = []
there = any(entry.split('.')[0] == parts[-1] for entry in os.listdir(os.path.join(root, *parts[:-1]))) if os.path.isdir(os.path.join(root, *parts[:-1])) else False
if not first and not there and not elsewhere:
    wrong.append("Runtime.ImportModuleError: Unable to import module '%s': there is no such file in %s" % (name, root))
for file in reached:
    if os.path.getsize(file) > LARGEST:
        continue
    try:
        with open(file, 'rb') as source:
            tree = compile(source.read(), file, 'exec', ast.PyCF_ONLY_AST, True)
        compile(tree, file, 'exec', 0, True)
    except (SyntaxError, ValueError, RecursionError) as error:
        line = getattr(error, 'lineno', None)
        told = ''.join(traceback.format_exception_only(type(error), error)).rstrip().split('\n')
        told = [part for part in told if not part.startswith('  File ')]
        wrong.append('\n'.join(['%s:%s' % (file, line) if line else file] + told))
        continue
    for folder, module in imported(tree, file):
        found = find(folder, module) if module else None
        if found and found not in reached and len(reached) < MOST:
            reached.append(found)
sys.stdout.write('\n'.join(wrong))
