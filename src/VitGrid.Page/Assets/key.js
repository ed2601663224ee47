// Shows a key once, in a header; from then on the browser has a session's name that no script can read.
const form = document.getElementById("key-form");
form.addEventListener("submit", async event => {
  event.preventDefault();
  const problem = document.getElementById("key-problem");
  problem.textContent = form.dataset.waiting;
  try {
    const key = document.getElementById("key").value.trim();
    const answer = await fetch("/page/session", { method: "POST", headers: { Authorization: "Bearer " + key } });
    if (answer.ok)
      location.reload();
    else
      problem.textContent = (await answer.json()).error.message;
  } catch (error) {
    problem.textContent = String(error.message);
  }
});
