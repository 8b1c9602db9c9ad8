/** Whether both side panels stand beside the column: the `desk` breakpoint of styles.css. */
export function isWide(): boolean {
  return window.matchMedia('(min-width: 1101px)').matches
}
