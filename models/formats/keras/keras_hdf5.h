// Weights from Keras' HDF5 files, axes and roles turned into ours.
//
// A layer's weights are found by its name, or, where the names are others, by the order of the layers
// that have weights. Kernels D,H,W,I,O become O,I,T,H,W (two-dimensional ones with T = 1), dense and
// recurrent ones I,O become O,I; the gates' order is the same. Flatten counts T,H,W,C in both.
#pragma once

#include <string>

#include "models/formats/hdf5/hdf5_child.h"
#include "models/weights/weights.h"

namespace actionflow {

// Takes the tensors out of `file`. Throws ModelError where layers cannot be told apart; that the weights fit
// is the caller's to check. `name` is the file's in messages.
Weights weights_from_keras(KerasFile file, const Architecture& architecture, const std::string& name);

}  // namespace actionflow
