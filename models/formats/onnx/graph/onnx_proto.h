// ONNX' classes as protobuf makes them, in the form that the system's library has. Heavy: for this folder's
// readers and writers only.
#pragma once

#ifndef ONNX_NAMESPACE
#define ONNX_NAMESPACE onnx
#endif
#ifndef ONNX_ML
#define ONNX_ML 1
#endif
#include <onnx/onnx_pb.h>
