import { render } from 'preact';
import './styles/index.css';
import { App } from './app.tsx';
import { begin } from './hub.ts';
import { follow } from './route.ts';
import { keepTheme } from './theme.ts';

keepTheme();
follow();
render(<App />, document.getElementById('app') as HTMLElement);
void begin();
