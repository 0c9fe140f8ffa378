/** Who has the keyboard in a page. */

/**
 * The element of the page that has the keyboard. A page remembers one also while somebody types elsewhere; giving that the focus would
 * take the keyboard away from there.
 */
export function focusedElement(): HTMLElement | undefined {
  const at = document.hasFocus() ? document.activeElement : null;
  return at instanceof HTMLElement && at !== document.body ? at : undefined;
}
