"""Aliyun's and Tencent's SMS services."""
