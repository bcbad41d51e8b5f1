# What `cmake --install` and `cpack` put where: program, configs with weights, man pages, completion, licence.
set(CMAKE_SKIP_INSTALL_ALL_DEPENDENCY ON)  # `cpack` packs what is built, and builds no tests
include(GNUInstallDirs)
install(TARGETS actionflow)
if(TARGET actionflow_mpi)
  install(TARGETS actionflow_mpi DESTINATION ${ACTIONFLOW_MODULE_FOLDER})
endif()
install(DIRECTORY configs DESTINATION ${CMAKE_INSTALL_DATADIR}/actionflow)
install(FILES cmake/package/copyright DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/actionflow)
install(FILES cmake/package/actionflow.service DESTINATION lib/systemd/system)
install(FILES cmake/package/sysusers.conf DESTINATION lib/sysusers.d RENAME actionflow.conf)
install(FILES cmake/package/actionflow.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
  RENAME actionflow)
if(NOT CMAKE_CROSSCOMPILING)
  install(CODE "execute_process(COMMAND ${PROJECT_SOURCE_DIR}/cmake/package/manual $<TARGET_FILE:actionflow>
    \$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_MANDIR}/man1 COMMAND_ERROR_IS_FATAL ANY)")
endif()

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_CONTACT "the authors of actionflow <actionflow@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "names what people do in videos and camera streams")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION video)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/cmake/package/postinst)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
# Opened while running, so not among what the program is linked with: libopencv-video406 of libopencv_video.so.406,
# libavdevice59 of its version 59.7.100. Cameras at the machine itself want the latter, which brings 80 MB of what
# shows pictures and plays sound.
file(READ_SYMLINK ${OpenCVParts_video} opencv_video)
string(REGEX REPLACE ".*\\.so\\." "" opencv_video "${opencv_video}")
string(REGEX REPLACE "\\..*" "" avdevice "${AVDEVICE_VERSION}")
set(CPACK_DEBIAN_PACKAGE_DEPENDS "libopencv-video${opencv_video}")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libavdevice${avdevice}")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "openmpi-bin")  # training on several machines
include(CPack)
