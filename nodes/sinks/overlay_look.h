// How results look on pictures, in annotated videos and on the page: `look: {classes: 3, size: 1}`.
#pragma once

#include "base/config/config.h"

namespace actionflow {

struct OverlayLook {
  int classes = 3;  // of the best ones; 0: pictures stay as they are
  double size = 1;  // of letters and bars

  bool operator==(const OverlayLook&) const = default;
  static void describe(config::Fields<OverlayLook>& fields) {
    fields.add("classes", &OverlayLook::classes, "how many of the best are drawn; 0: none").range(0, 5);
    fields.add("size", &OverlayLook::size, "of letters and bars; 1 is a twentieth of the picture a line")
        .range(0.5, 4);
  }
};

}  // namespace actionflow
