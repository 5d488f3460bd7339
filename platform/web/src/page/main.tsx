import { render } from 'preact'
import { App } from './App.tsx'
import './styles/base.css'
import './styles/frame.css'
import './styles/filters.css'
import './styles/table.css'
import './styles/card.css'

render(<App />, document.getElementById('page')!)
