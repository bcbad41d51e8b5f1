// The real RTSP server of tests/tools/rtsp_server.cpp, started and stopped by a test.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/tools/child_process.h"
#include "tests/tools/free_port.h"

namespace actionflow::testing {

// Listens when it is returned.
// `received`: a file for what is sent to it; `width`: of /one and /two; `recorded`: what it plays at
// /recorded.
inline std::unique_ptr<ChildProcess> start_camera_server(int port, const std::string& received = {},
                                                         int width = 160, const std::string& recorded = {}) {
  std::vector<std::string> words{ACTIONFLOW_RTSP_SERVER, std::to_string(port)};
  if (!received.empty() || width != 160 || !recorded.empty()) words.push_back(received);
  if (width != 160 || !recorded.empty()) words.push_back(std::to_string(width));
  if (!recorded.empty()) words.push_back(recorded);
  auto server = std::make_unique<ChildProcess>(words, "/dev/null");
  const auto line = server->read_line(30);
  EXPECT_TRUE(line && *line == "ready") << "the RTSP server did not start";
  return server;
}

}  // namespace actionflow::testing
