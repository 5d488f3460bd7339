import type { ComponentChildren } from 'preact'

interface LinkProps {
  href: string
  class?: string
  rel?: string
  'aria-current'?: 'page' | undefined
  'aria-label'?: string
  /** Instead of loading the address; a click that asks for another tab or window is the browser's. */
  onVisit: () => void
  children: ComponentChildren
}

export function Link({ href, onVisit, children, ...rest }: LinkProps) {
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return
    event.preventDefault()
    onVisit()
  }
  return (
    <a {...rest} href={href} onClick={onClick}>
      {children}
    </a>
  )
}
