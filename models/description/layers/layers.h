// The kinds of layer, by the file that holds them; registry.cpp lists them.
#pragma once

#include <vector>

#include "models/description/layers/layer.h"

namespace actionflow {

std::vector<LayerKind> convolution_layers();
std::vector<LayerKind> pooling_layers();
std::vector<LayerKind> reduction_layers();
std::vector<LayerKind> batch_norm_layers();
std::vector<LayerKind> dense_layers();
std::vector<LayerKind> activation_layers();
std::vector<LayerKind> dropout_layers();
std::vector<LayerKind> shape_layers();
std::vector<LayerKind> join_layers();
std::vector<LayerKind> layer_norm_layers();
std::vector<LayerKind> embedding_layers();
std::vector<LayerKind> attention_layers();
std::vector<LayerKind> matmul_layers();
std::vector<LayerKind> constant_layers();
std::vector<LayerKind> select_frames_layers();
std::vector<LayerKind> along_time_layers();
std::vector<LayerKind> recurrent_layers();
std::vector<LayerKind> conv_lstm_layers();
std::vector<LayerKind> action_scores_layers();

}  // namespace actionflow
