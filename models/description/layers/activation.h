// Activations as an option of other layers.
#pragma once

#include <optional>

#include "models/description/layers/layer.h"

namespace actionflow {

// Appends the activation, where there is one, and returns the value that comes out.
int activate(Emitter& emitter, int value, const std::optional<ActivationKind>& activation);

constexpr const char* kActivationHelp = "what follows at once; none unless told";

}  // namespace actionflow
