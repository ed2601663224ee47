// Begins Blazor's circuit, tells pages whether they are seen, and forgets the key when asked.
/* global Blazor */

/** Tells a component whenever the page is hidden or shown; gives out what ends that. */
export function watchVisibility(component) {
  const tell = () => component.invokeMethodAsync("ShowAsync", !document.hidden).catch(() => {});
  document.addEventListener("visibilitychange", tell);
  tell();
  return { dispose: () => document.removeEventListener("visibilitychange", tell) };
}

/** Moves the focus to an element, once it is there. */
export function focusOn(id) {
  document.getElementById(id)?.focus();
}

/** Where the browser shows the files of an input from; nothing of them is sent for that. */
export function previewsOf(id) {
  return [...(document.getElementById(id).files ?? [])].map(file => URL.createObjectURL(file));
}

/** Gives back what the browser keeps of files that are not shown any more. */
export function forgetPreviews(urls) {
  for (const url of urls.filter(url => url.startsWith("blob:")))
    URL.revokeObjectURL(url);
}

/** Puts a text where it can be pasted from; false where the browser does not let a page do that. */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

// Files that are dropped anywhere on a page are those of its file input, as if they were chosen there. While that takes none, nothing
// becomes of them, and the browser does not leave the page to show them.
for (const kind of ["dragover", "drop"])
  document.addEventListener(kind, event => {
    if (!event.dataTransfer?.types.includes("Files"))
      return;
    event.preventDefault();
    const input = document.querySelector("input[type=file]:enabled");
    if (!input)
      event.dataTransfer.dropEffect = "none";
    else if (kind === "drop") {
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    }
  });

const signOut = document.getElementById("sign-out");
if (signOut)
  signOut.addEventListener("click", async () => {
    await fetch("/page/session", { method: "DELETE" });
    location.assign("/");
  });

if (!window.vitgridStarted) {
  window.vitgridStarted = true;
  Blazor.start();
}
