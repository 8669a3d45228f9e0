"""What researchers look at: Streamlit pages and their charts, over the queries of the store."""
