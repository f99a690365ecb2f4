"use strict";
// The choice of colors is of use only where scripts run.
for (const form of document.querySelectorAll("form.script")) form.hidden = false;
