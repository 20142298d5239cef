// python-socketio, where there is a Python: the one that bootstrap.sh has given it to, or one that has it anyhow.
import { execFileSync, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const interpreter = [process.env.PYTHON_SOCKETIO, 'python3'].filter(Boolean).find((path) => {
  try {
    execFileSync(path, ['-c', 'import socketio, websocket, requests'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
});

/** Why tests with Python are skipped; `false` if they are not. */
export const withoutPython = !interpreter && 'no Python with python-socketio[client]; PYTHON_SOCKETIO names one';

/** Runs a program to its good end; `onLine` gets each line that it prints. */
export async function python(program, args, onLine = () => {}) {
  const run = spawn(interpreter, ['-u', '-c', program, ...args]);
  let errors = '';
  run.stderr.on('data', (part) => (errors += part));
  createInterface({ input: run.stdout }).on('line', onLine);
  const code = await new Promise((resolve) => run.once('close', resolve));
  if (code !== 0) throw new Error(`Python ended with ${code}: ${errors}`);
}
