// The example of docs/embedding.md, line by line.
#include <iostream>

#include "models/formats/weight_files.h"
#include "models/network/network.h"

int main(int, char** arguments) {
  using namespace actionflow;
  const Model model = load_model(arguments[1]);
  const auto network = Network::compile(model.architecture, model.weights, {.threads = 2});
  Workspace workspace(*network);
  const InputSpec& in = model.architecture.input;
  const Tensor clip({1, in.channels, in.frames, in.height, in.width});  // N×C×T×H×W, normalised
  const Tensor scores = network->predict(clip, workspace);
  for (const float score : scores.values()) std::cout << score << "\n";
}
