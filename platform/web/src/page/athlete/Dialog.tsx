import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef } from 'preact/hooks'

interface DialogProps {
  labelledBy: string
  /** Asked for by key, by button, or by a click beside it. */
  onClose: () => void
  /** Who gets the focus if whoever had it is not there any more. */
  focusAfterwards: () => HTMLElement | null
  children: ComponentChildren
}

/** A modal dialog for as long as it is rendered. The browser keeps the focus inside, and gives it back. */
export function Dialog({ labelledBy, onClose, focusAfterwards, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null)
  const isLeaving = useRef(false)
  useLayoutEffect(() => {
    const shown = dialog.current
    shown?.showModal()
    return () => {
      isLeaving.current = true
      shown?.close()
      if (document.activeElement === document.body) focusAfterwards()?.focus()
    }
  }, [])
  return (
    <dialog
      ref={dialog}
      class="card"
      aria-labelledby={labelledBy}
      onCancel={(event) => {
        event.preventDefault()
        onClose()
      }}
      // A browser may close it without asking, and tells only then.
      onClose={() => {
        if (!isLeaving.current) onClose()
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose()
      }}
    >
      <div class="card-inner">
        <button type="button" class="close" aria-label="Close" onClick={onClose}>
          <svg viewBox="0 0 14 14" aria-hidden="true">
            <path d="m1 1 12 12M13 1 1 13" />
          </svg>
        </button>
        {children}
      </div>
    </dialog>
  )
}
